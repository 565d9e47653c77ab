/** Channels between subtasks: the contract, its ring, message and local forms, doorbells, deployment plans. */
export * from './channel.ts';
export * from './channel-plan.ts';
export { localDoorbell } from './doorbell.ts';
export type { OwnedDoorbell } from './doorbell.ts';
export type { Port } from './message-channel.ts';
export { packetBytes, packetMemory, readPacket, writePacket } from './packet-codec.ts';
