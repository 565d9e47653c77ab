/** Job life, deployment, epochs, restarts: the shell around the pure protocol. */
export { Coordinator } from './coordinator.ts';
export type { CoordinatorInit } from './coordinator-init.ts';
export { createJobHandle } from './job-handle.ts';
