/** Errors of opening and reading inputs, the same in every home. */
import { SluiceError } from '../base/index.ts';

export function inputNotFound(location: string, reason: string): SluiceError {
  return new SluiceError({
    code: 'INPUT_NOT_FOUND',
    kind: 'user',
    message: `${location} does not exist (${reason})`,
    hint: 'check the path or URL of the input',
    context: { location, reason },
  });
}

export function inputUnreachable(location: string, reason: string, cause?: unknown): SluiceError {
  return new SluiceError({
    code: 'INPUT_UNREACHABLE',
    kind: 'environment',
    message: `${location} cannot be read: ${reason}`,
    hint: 'check the network, the permissions and, from a page, the CORS headers of the server',
    context: { location, reason },
    cause,
  });
}

/** The bytes are not those that were opened. */
export function inputChangedWhileRead(location: string, was: string, is: string): SluiceError {
  return new SluiceError({
    code: 'INPUT_CHANGED',
    kind: 'user',
    message: `${location} changed while it was read: it was '${was}' and is '${is}'`,
    hint: 'restore the input as it was, or start the job afresh on the new content',
    context: { location, was, is },
  });
}

export function inputNotSeekable(location: string, at: number, position: number): SluiceError {
  return new SluiceError({
    code: 'INPUT_NOT_SEEKABLE',
    kind: 'user',
    message: `${location} is a stream at byte ${position}; byte ${at} cannot be read`,
    hint: 'give the input as a file, blob or URL when it must be read again or out of order',
    context: { location, at, position },
  });
}

export function locationUnsupported(kind: string, home: string): SluiceError {
  return new SluiceError({
    code: 'INPUT_LOCATION_UNSUPPORTED',
    kind: 'user',
    message: `an input of kind '${kind}' cannot be opened in ${home}`,
    hint: 'use a path in Node, a URL or a File in a page, a URL or a request body at the edge',
    context: { kind, home },
  });
}
