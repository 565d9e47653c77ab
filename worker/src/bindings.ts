/** The three bindings that a Worker of Sluice has, and how objects of other classes are reached. */
import { logName, slotName } from './calls.ts';
import type { CoordinatorCalls, LogCalls, SlotCalls } from './calls.ts';
import { bindingMissing } from './errors.ts';

/** What is used of a namespace of objects. A stub is dead once its object was reset: get a new one. */
export interface Namespace<Calls> {
  getByName(name: string): Calls;
}

export interface Bindings {
  readonly SLUICE_COORDINATOR: Namespace<CoordinatorCalls>;
  readonly SLUICE_SLOT: Namespace<SlotCalls>;
  readonly SLUICE_LOG: Namespace<LogCalls>;
}

/** The objects of one job. */
export interface JobObjects {
  coordinator(): CoordinatorCalls;
  slot(slot: number): SlotCalls;
  log(input: string, partition: number): LogCalls;
}

export function objectsOf(env: Bindings, job: string): JobObjects {
  return {
    coordinator: () => namespace(env, 'SLUICE_COORDINATOR').getByName(job),
    slot: (slot) => namespace(env, 'SLUICE_SLOT').getByName(slotName(job, slot)),
    log: (input, partition) => namespace(env, 'SLUICE_LOG').getByName(logName(job, input, partition)),
  };
}

function namespace<Name extends keyof Bindings>(env: Bindings, name: Name): Bindings[Name] {
  const found: Bindings[Name] | undefined = env[name];
  if (found === undefined) throw bindingMissing(name);
  return found;
}
