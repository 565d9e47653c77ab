/** Tools for testing jobs: the simulator and its inputs. */
export { Random } from './random.ts';
export { simulate } from './simulate.ts';
export type { Simulation, SimulationResult } from './simulate.ts';
export type { StoredBytes } from './audited-storage.ts';
export type { Settle } from './world.ts';
