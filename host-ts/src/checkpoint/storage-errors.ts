/** Errors of checkpoint storage, the same from every home's adapter. */
import { SluiceError } from '../base/index.ts';

/** An older run of the job writes after a newer one has begun. */
export function storageFenced(attempt: number, newest: number): SluiceError {
  return new SluiceError({
    code: 'STORAGE_FENCED',
    kind: 'environment',
    message: `attempt ${attempt} may not write: attempt ${newest} has taken over the storage`,
    hint: 'another run of the job uses the same checkpoints; stop one of both, or give it a place of its own',
    context: { attempt, newest },
  });
}

export function valueMissing(value: string): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_VALUE_MISSING',
    kind: 'environment',
    message: `the stored value '${value}' does not exist`,
    hint: 'the checkpoint is incomplete (files removed by hand, storage cleared?); start from an older one or afresh',
    context: { value },
  });
}

export function manifestMissing(epoch: number): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_MISSING',
    kind: 'environment',
    message: `there is no checkpoint of epoch ${epoch}`,
    hint: 'it was released, or its storage was cleared; start from another epoch or afresh',
    context: { epoch },
  });
}

/** A value is written once: other bytes under its name are a bug. */
export function valueDiffers(value: string, oldBytes: number, newBytes: number): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_VALUE_DIFFERS',
    kind: 'bug',
    message: `the stored value '${value}' of ${oldBytes} B was written again with ${newBytes} other bytes`,
    hint: 'please report it',
    context: { value, oldBytes, newBytes },
  });
}

export interface StorageSpace {
  /** Bytes that were to be written. */
  readonly bytes: number;
  readonly place: string;
  readonly usedBytes?: number;
  readonly quotaBytes?: number;
}

export function storageFull({ bytes, place, usedBytes, quotaBytes }: StorageSpace, cause: unknown): SluiceError {
  const space = quotaBytes === undefined ? '' : ` (${usedBytes ?? 0} of ${quotaBytes} B are used)`;
  return new SluiceError({
    code: 'CHECKPOINT_STORAGE_FULL',
    kind: 'environment',
    message: `no room for ${bytes} B in ${place}${space}`,
    hint: 'free space there, or take checkpoints elsewhere; the job resumes from its last complete checkpoint',
    context: { bytes, place, usedBytes: usedBytes ?? null, quotaBytes: quotaBytes ?? null },
    cause,
  });
}

export function storageBlocked(place: string, reason: string, hint: string): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_STORAGE_BLOCKED',
    kind: 'environment',
    message: `${place} cannot be used: ${reason}`,
    hint,
    context: { place, reason },
  });
}

export function storageMethodUnknown(method: string): SluiceError {
  return new SluiceError({
    code: 'STORAGE_METHOD_UNKNOWN',
    kind: 'bug',
    message: `checkpoint storage has no method ${method}`,
    hint: 'please report it',
    context: { method },
  });
}
