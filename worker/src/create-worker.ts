/** Makes a Worker of jobs: the handler and the three classes that its configuration names. */
import type { JobDefinition } from '../../host-ts/src/api/index.ts';
import type { Bindings } from './bindings.ts';
import { CoordinatorObject } from './coordinator-object.ts';
import { LogObject } from './log-object.ts';
import { route } from './router.ts';
import { ServedJobs } from './served-jobs.ts';
import { SlotObject } from './slot-object.ts';

type ObjectClass = new (ctx: DurableObjectState, env: Cloudflare.Env) => Rpc.DurableObjectBranded;

export interface SluiceWorker {
  /** The default export; or call its `fetch` from a handler of your own. */
  readonly handler: { fetch(request: Request, env: object): Promise<Response> };
  /** To be exported under these names, which the configuration binds as Durable Objects. */
  readonly Coordinator: ObjectClass;
  readonly Slot: ObjectClass;
  readonly Log: ObjectClass;
}

/**
 * Serves jobs on Cloudflare. The module of a Worker:
 *
 *   const worker = createWorker([lateFlights, routeDelays]);
 *   export default worker.handler;
 *   export const { Coordinator, Slot, Log } = worker;
 *
 * Bindings SLUICE_COORDINATOR, SLUICE_SLOT and SLUICE_LOG name the classes; docs/design/edge.md has the configuration.
 * Throws NOT_A_JOB, SEVERAL_JOBS, JOB_NAMES_COLLIDE.
 */
export function createWorker(jobs: readonly (JobDefinition | object)[]): SluiceWorker {
  const served = new ServedJobs(jobs);
  return {
    handler: { fetch: (request, env) => route(request, env as Bindings, served) },
    Coordinator: class Coordinator extends CoordinatorObject {
      constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
        super(ctx, env, served);
      }
    },
    Slot: class Slot extends SlotObject {
      constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
        super(ctx, env, served);
      }
    },
    Log: LogObject,
  };
}
