/** Opens the connector of a source vertex: the user's binding for inputs, the job's own for the rest. */
import { SluiceError } from '../base/index.ts';
import type { BuiltJob, Vertex } from '../plan/index.ts';
import type { Platform } from '../platform/index.ts';
import type { Connector, ConnectorFactory, InputBinding } from './contract.ts';

export type ConnectorRegistry = Readonly<Record<string, ConnectorFactory>>;

export interface OpenConnectorInit {
  readonly vertex: Vertex;
  readonly built: BuiltJob;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  readonly registry: ConnectorRegistry;
  readonly platform: Platform;
}

/** Rejects INPUT_NOT_BOUND, CONNECTOR_UNKNOWN, and what the connector finds wrong with its input. */
export async function openConnector(init: OpenConnectorInit): Promise<Connector> {
  const { vertex, built, inputs, registry, platform } = init;
  if (vertex.input.kind !== 'source') throw new TypeError('not a source');
  const { source, uid, watermarks } = vertex.input;
  const binding = bindingOf(vertex, inputs, built.graph.name);
  const factory = registry[binding.connector];
  const inputName = source.kind === 'input' ? source.name : uid;
  if (factory === undefined) throw connectorUnknown(inputName, binding.connector, Object.keys(registry));
  return factory(binding, {
    platform,
    inputName,
    schema: vertex.inSchema,
    timeColumn: watermarks?.column,
    userFunction: source.kind === 'input' ? undefined : built.functions[source.functionId],
  });
}

/** How a source vertex is bound. */
export function bindingOf(vertex: Vertex, inputs: Readonly<Record<string, InputBinding>>, job: string): InputBinding {
  if (vertex.input.kind !== 'source') throw new TypeError('not a source');
  const { source } = vertex.input;
  if (source.kind === 'collection') return { connector: 'collection', options: {} };
  if (source.kind === 'generator') return { connector: 'generator', options: source.options };
  const binding = inputs[source.name];
  if (binding === undefined) throw inputNotBound(job, source.name);
  return binding;
}

function inputNotBound(job: string, input: string): SluiceError {
  return new SluiceError({
    code: 'INPUT_NOT_BOUND',
    kind: 'user',
    message: `job '${job}' reads input '${input}', which is not bound`,
    hint: `pass it at the start, for instance inputs: { ${input}: parquet(url) } or --input ${input}=PATH`,
    context: { job, input },
  });
}

function connectorUnknown(input: string, connector: string, known: readonly string[]): SluiceError {
  return new SluiceError({
    code: 'CONNECTOR_UNKNOWN',
    kind: 'user',
    message: `input '${input}' wants connector '${connector}'; this home has ${known.join(', ')}`,
    hint: 'use one of these, or register the connector at the start',
    context: { input, connector },
  });
}
