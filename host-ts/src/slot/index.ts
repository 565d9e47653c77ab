/** The slot: mailbox, step loop, chains, user functions. */
export { Slot } from './slot.ts';
export type { SlotDependencies, SlotFaults } from './slot-dependencies.ts';
