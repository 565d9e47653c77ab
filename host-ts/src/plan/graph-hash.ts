/**
 * The hash of a job graph: the same in every home and process, computed without a crypto global.
 *
 * It decides whether two slots built the same job and whether a checkpoint fits, so it covers
 * what rows and state depend on and leaves out what only people read: names, warnings.
 */
import type { Schema } from '../schema/index.ts';
import type { JobGraph, SinkSpec, Stage } from './job-graph.ts';

/** FNV-1a, 64 bits, over the canonical JSON of the graph in UTF-8; 16 hex digits. */
export function graphHash(graph: JobGraph): string {
  return fnv1a64(canonicalJson(essence(graph)));
}

/** JSON with sorted keys, without undefined members: equal data gives equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'bigint') return `{"$bigint":"${value}"}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** Fowler–Noll–Vo 1a (http://www.isthe.com/chongo/tech/comp/fnv), 16 hex digits. */
export function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

function essence(graph: JobGraph): unknown {
  const vertices = graph.vertices.map(({ name: _name, stages, inSchema, outSchema, ...vertex }) => ({
    ...vertex,
    inSchema: schemaEssence(inSchema),
    outSchema: schemaEssence(outSchema),
    stages: stages.map(stageEssence),
    output: outputEssence(vertex.output),
    ...(vertex.late === undefined ? {} : { late: outputEssence(vertex.late) }),
  }));
  const { version, name, keyGroups, edges } = graph;
  return { version, name, keyGroups, vertices, edges };
}

function stageEssence(stage: Stage): unknown {
  const outSchema = schemaEssence(stage.outSchema);
  if (stage.kind === 'native') return { ...stage, outSchema };
  const { name: _name, ...rest } = stage;
  return { ...rest, outSchema };
}

/** Sorting keys would forget the order of columns, and `nullable` is only a promise to the compiler. */
function schemaEssence(schema: Schema): unknown {
  return Object.entries(schema).map(([name, { type }]) => [name, type]);
}

function outputEssence(output: JobGraph['vertices'][number]['output']): unknown {
  if (output.kind === 'exchange') return output;
  return { ...output, sinks: output.sinks.map(sinkEssence) };
}

/** A printed prefix changes nothing that a checkpoint holds. */
function sinkEssence(sink: SinkSpec): unknown {
  if (sink.kind !== 'print') return sink;
  const { prefix: _prefix, ...rest } = sink;
  return rest;
}
