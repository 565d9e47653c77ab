/**
 * The job's inputs: binds names to connectors, enumerates splits, and compares with what a
 * checkpoint was taken from.
 */
import { errorToData } from '../base/index.ts';
import type { ErrorContext } from '../base/index.ts';
import type { Manifest, SplitState } from '../checkpoint/index.ts';
import { bindingOf, openConnector } from '../connectors/index.ts';
import type { Connector, ConnectorRegistry, InputBinding, SplitDescription } from '../connectors/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import type { Platform } from '../platform/index.ts';
import { inputChanged } from './errors.ts';
import { SplitPool, TIME_END, TIME_NONE } from './split-pool.ts';

/** A source vertex with its connector, opened. */
export interface BoundSource {
  readonly vertex: number;
  readonly name: string;
  readonly connector: Connector;
  readonly fingerprint: string;
  readonly splits: readonly SplitDescription[];
  readonly outOfOrderMs: number;
  /** The input is a stream, which only one slot can be given. */
  readonly stream: boolean;
}

export async function bindSources(init: {
  readonly built: BuiltJob;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  readonly registry: ConnectorRegistry;
  readonly platform: Platform;
}): Promise<readonly BoundSource[]> {
  const sources: BoundSource[] = [];
  for (const vertex of init.built.graph.vertices) {
    if (vertex.input.kind !== 'source') continue;
    const connector = await openConnector({ ...init, vertex });
    const { fingerprint, splits } = await connector.enumerate();
    const binding = bindingOf(vertex, init.inputs, init.built.graph.name);
    sources.push({
      vertex: vertex.id,
      name: vertex.input.source.kind === 'input' ? vertex.input.source.name : vertex.input.uid,
      connector,
      fingerprint,
      splits,
      outOfOrderMs: vertex.input.watermarks?.outOfOrderMs ?? 0,
      stream: binding.location?.kind === 'stream',
    });
  }
  return sources;
}

/** The job has ended: nobody reads the sources any more, so what goes wrong is only told. */
export function closeSources(sources: readonly BoundSource[], failed: (values: ErrorContext) => void): void {
  for (const { name, connector } of sources) {
    connector.close().catch((error: unknown) => {
      const { code, message } = errorToData(error);
      failed({ input: name, code, message });
    });
  }
}

/** Refuses to resume on an input whose content is not what the manifest was taken from. */
export function checkUnchanged(sources: readonly BoundSource[], manifest: Manifest): void {
  for (const source of sources) {
    const was = manifest.inputs[source.name];
    if (was !== undefined && was.fingerprint !== source.fingerprint) {
      throw inputChanged(source.name, was.fingerprint, source.fingerprint);
    }
  }
}

export function splitPools(sources: readonly BoundSource[], manifest: Manifest | undefined): readonly SplitPool[] {
  return sources.map((source) => {
    const states = manifest?.splits.filter((state: SplitState) => state.vertex === source.vertex) ?? [];
    return new SplitPool(source.vertex, source.splits, states, source.outOfOrderMs);
  });
}

/** What manifests say of the inputs. */
export function manifestInputs(sources: readonly BoundSource[]): Manifest['inputs'] {
  return Object.fromEntries(
    sources.map(({ name, fingerprint, splits }) => [name, { fingerprint, splits: splits.map((split) => split.id) }]),
  );
}

/** The smallest event time that the sources begin with, or null when it is not known. */
export function firstTime(pools: readonly SplitPool[]): number | null {
  const floors = pools.map((pool) => pool.floor).filter((floor) => floor !== TIME_END);
  if (floors.length === 0 || floors.includes(TIME_NONE)) return null;
  return Math.min(...floors.map(Number));
}

/** Rows of all inputs, or null when some split does not know its own. */
export function rowsTotal(sources: readonly BoundSource[]): number | null {
  let total = 0;
  for (const split of sources.flatMap((source) => source.splits)) {
    if (split.rows === null) return null;
    total += split.rows;
  }
  return total;
}
