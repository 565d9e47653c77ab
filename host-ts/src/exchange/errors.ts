/** Errors of the exchange room: one factory per code. */
import { SluiceError } from '../base/index.ts';

/** Names a channel in errors: `edge 2, slot 0 → 1`. */
export interface ChannelName {
  readonly edge: number;
  readonly from: number;
  readonly to: number;
}

const words = ({ edge, from, to }: ChannelName): string => `edge ${edge}, slot ${from} → ${to}`;

/** A packet does not say what a sender of ours writes: memory was overwritten, or versions differ. */
export function channelCorrupt(channel: ChannelName, what: string, actual: number, bound: number): SluiceError {
  return new SluiceError({
    code: 'CHANNEL_CORRUPT',
    kind: 'bug',
    message: `${what} is ${actual}, expected ${bound}, on ${words(channel)}`,
    hint: 'the job restarts from its last checkpoint; please report it when it happens again',
    context: { ...channel, what, actual, bound },
  });
}

/** RING_FRAME_TOO_LARGE or, in the message form, CHANNEL_FRAME_TOO_LARGE. */
export function frameTooLarge(
  form: 'RING' | 'CHANNEL',
  channel: ChannelName,
  frameBytes: number,
  frameBytesMax: number,
): SluiceError {
  return new SluiceError({
    code: `${form}_FRAME_TOO_LARGE`,
    kind: 'user',
    message: `frame of ${frameBytes} B exceeds the channel's ${frameBytesMax} B on ${words(channel)}`,
    hint: 'make single rows smaller: a frame is closed early enough unless one row alone is too large',
    context: { ...channel, frameBytes, frameBytesMax },
  });
}

/** The home was asked for an end of a channel that the deployment does not contain. */
export function channelUnknown(channel: ChannelName): SluiceError {
  return new SluiceError({
    code: 'CHANNEL_UNKNOWN',
    kind: 'bug',
    message: `the deployment has no channel for ${words(channel)}`,
    hint: 'please report it',
    context: { ...channel },
  });
}

/** What came as a deployment's channels is no plan of this room. */
export function channelPlanUnknown(kind: string): SluiceError {
  return new SluiceError({
    code: 'CHANNEL_PLAN_UNKNOWN',
    kind: 'bug',
    message: `a deployment's channels are of the unknown kind '${kind}'`,
    hint: 'coordinator and slots must come from the same version of the library',
    context: { kind },
  });
}
