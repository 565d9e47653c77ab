/**
 * Byte sources that need nothing of a home: bytes, blobs and streams. Adapters add their own
 * (files) and pass their network to http-source.ts.
 */
import { inputNotSeekable, inputUnreachable } from './errors.ts';
import type { ByteSource } from './platform.ts';

/** Fingerprint of content that nobody else names: FNV-1a (32 bit) and length. */
export function contentFingerprint(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return `fnv1a:${(hash >>> 0).toString(16)}-${bytes.length}`;
}

export function bytesSource(name: string, bytes: Uint8Array, fingerprint?: string): ByteSource {
  return {
    name,
    byteLength: bytes.length,
    seekable: true,
    fingerprint: fingerprint ?? contentFingerprint(bytes),
    read: async (at, length) => bytes.slice(at, at + length),
    close: async () => undefined,
  };
}

/** A Blob or File; a File's time of change is part of its fingerprint. */
export function blobSource(name: string, blob: Blob): ByteSource {
  const { lastModified } = blob as Partial<File>;
  return {
    name,
    byteLength: blob.size,
    seekable: true,
    fingerprint: lastModified === undefined ? `blob:${blob.size}` : `file:${name}-${blob.size}-${lastModified}`,
    async read(at, length) {
      try {
        return new Uint8Array(await blob.slice(at, at + length).arrayBuffer());
      } catch (error) {
        throw inputUnreachable(name, `the file was moved or changed since it was chosen (${String(error)})`, error);
      }
    },
    close: async () => undefined,
  };
}

/** A stream, read once from 0 on: it gives what is there, so that a slow one's rows are not kept waiting. Its fingerprint says no more than its name. */
export function streamSource(name: string, stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = stream.getReader();
  let position = 0;
  let rest: Uint8Array = new Uint8Array(0);
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    } catch (error) {
      throw inputUnreachable(name, String(error), error);
    }
  };
  return {
    name,
    byteLength: undefined,
    seekable: false,
    fingerprint: `stream:${name}`,
    async read(at, length) {
      if (at !== position) throw inputNotSeekable(name, at, position);
      while (rest.length === 0) {
        const chunk = await next();
        if (chunk === undefined) return new Uint8Array(0);
        rest = chunk;
      }
      const part = rest.slice(0, length);
      rest = rest.subarray(part.length);
      position += part.length;
      return part;
    },
    async close() {
      await reader.cancel().catch(() => undefined); // a stream that has failed is closed already
    },
  };
}
