/** `sluice/testing`: runs jobs in a simulated world, with crashes, by seed. */
export { Random, simulate } from '../testing/index.ts';
export type { Settle, Simulation, SimulationResult } from '../testing/index.ts';
