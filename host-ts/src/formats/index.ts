/** Text formats: bytes to frames in the engine, frames to bytes, and schemas of unknown ones. */
export type { DecoderPosition, TimestampUnit } from './decoder-plan.ts';
export { csvHeader, encodeCsv, encodeNdjson } from './encode-text.ts';
export { decodeFailed, formatOptionInvalid } from './errors.ts';
export type { DecodeFailure } from './errors.ts';
export { inferSchema } from './infer-schema.ts';
export type { InferOptions, InferredSchema } from './infer-schema.ts';
export { CsvDecoder, NdjsonDecoder } from './text-decoder.ts';
export type { CsvOptions, DecodedFrame, NdjsonOptions, TextDecoderOptions } from './text-decoder.ts';
