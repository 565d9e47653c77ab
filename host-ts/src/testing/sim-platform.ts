/** The platform of a simulated worker: the world's clock, its timers, no files and no network. */
import { SluiceError } from '../base/index.ts';
import type { Platform } from '../platform/index.ts';
import type { World } from './world.ts';

export function simPlatform(world: World, module: WebAssembly.Module, alive: () => boolean): Platform {
  return {
    home: 'simulation',
    clock: world.clock,
    timers: world.timers(alive),
    random: () => world.random.next(),
    engineModule: () => Promise.resolve(module),
    log: () => undefined,
    print: () => undefined,
    open: (location) =>
      Promise.reject(
        new SluiceError({
          code: 'INPUT_UNSUPPORTED',
          kind: 'user',
          message: `the simulation cannot open a ${location.kind}`,
          hint: 'bind the input to rows',
        }),
      ),
    cores: 4,
  };
}
