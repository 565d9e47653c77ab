/**
 * A job as text: the logical plan (what was said) and the job graph (what runs).
 *
 * Each stage is marked `native` (the engine) or `closure` (JavaScript); an exchange names its keys
 * and the columns that cross it.
 */
import { formatExpr } from '../expr/index.ts';
import { formatSchema } from '../schema/index.ts';
import { referencedColumn } from './expressions.ts';
import { graphHash } from './graph-hash.ts';
import type { Aggregate, FanOutput, JobGraph, NativeOp, SinkSpec, SourceInput, Vertex } from './job-graph.ts';
import type { LogicalNode, LogicalPlan, ProjectedColumn } from './logical-plan.ts';

/** The job graph, with the logical plan before it when it is given. Ends without a newline. */
export function explain(graph: JobGraph, plan?: LogicalPlan): string {
  const head = `job '${graph.name}'  hash ${graphHash(graph)}  ${graph.keyGroups} key groups`;
  const warnings = graph.warnings.map((warning) => `warning: ${warning}`);
  const logical = plan === undefined ? [] : ['', 'logical plan', ...plan.nodes.map(formatNode)];
  const vertices = graph.vertices.flatMap((vertex) => ['', ...formatVertex(vertex, graph)]);
  return [head, execution(graph), ...warnings, ...logical, '', 'job graph', ...vertices.slice(1)].join('\n');
}

/** Whether no row of the job leaves the engine for a closure. */
export function isWhollyNative(graph: JobGraph): boolean {
  return graph.vertices.every((vertex) => vertex.stages.every((stage) => stage.kind === 'native'));
}

function execution(graph: JobGraph): string {
  const stages = graph.vertices.flatMap((vertex) => vertex.stages);
  const closures = stages.filter((stage) => stage.kind === 'closure').length;
  if (closures === 0) return 'wholly native: every row stays in the engine';
  return `${closures} of ${stages.length} stages are closures: their rows visit JavaScript`;
}

function formatNode(node: LogicalNode): string {
  const inputs = node.inputs.length === 0 ? '' : ` ← ${node.inputs.map((id) => `#${id}`).join(', ')}`;
  const label = node.name === node.uid ? node.uid : `${node.uid} "${node.name}"`;
  const what = describeNode(node);
  return `  #${node.id} ${label}${inputs}${what === '' ? '' : `: ${what}`}`;
}

function describeNode(node: LogicalNode): string {
  switch (node.kind) {
    case 'source':
      return `${formatSource(node.source)} ${formatSchema(node.schema)}${formatWatermarks(node.watermarks)}`;
    case 'filter':
      return formatExpr(node.expr);
    case 'project':
      return formatColumns(node.columns);
    case 'closure':
      return `closure ${node.form} → ${formatSchema(node.schema)}`;
    case 'window': {
      const aggregates = node.aggregates.map(({ name, fn, argument, filter }) => {
        const where = filter === undefined ? '' : ` where ${formatExpr(filter)}`;
        return `${name} = ${fn}(${argument === undefined ? '' : formatExpr(argument)})${where}`;
      });
      return `${formatWindow(node)} by ${node.keys.join(', ')}: ${aggregates.join(', ')}`;
    }
    case 'union':
      return '';
    case 'late':
      return 'late rows';
    case 'sink':
      return formatSink(node.sink);
  }
}

function formatVertex(vertex: Vertex, graph: JobGraph): readonly string[] {
  const lines = [`  vertex ${vertex.id}  ${vertex.name}`];
  const put = (label: string, text: string): void => void lines.push(`    ${label.padEnd(9)}${text}`);
  if (vertex.input.kind === 'source') {
    put('source', `${formatSource(vertex.input.source)} ${formatSchema(vertex.inSchema)}`);
    if (vertex.input.watermarks !== undefined) put('', formatWatermarks(vertex.input.watermarks).slice(2));
  } else {
    const from = graph.edges.filter((edge) => edge.to === vertex.id).map((edge) => `vertex ${edge.from}`);
    put('input', `${from.join(', ')} ${formatSchema(vertex.inSchema)}`);
  }
  for (const stage of vertex.stages) {
    if (stage.kind === 'closure') put('closure', `${stage.form} ${stage.uid} → ${formatSchema(stage.outSchema)}`);
    else for (const op of stage.ops) put('native', formatOp(op));
  }
  if (vertex.output.kind === 'exchange') {
    const edge = graph.edges[vertex.output.edge]!;
    put('exchange', `by ${edge.keys.join(', ')} → vertex ${edge.to} ${formatSchema(vertex.outSchema)}`);
  } else for (const line of formatFan(vertex.output)) put(line[0], `${line[1]} ${formatSchema(vertex.outSchema)}`);
  for (const [label, text] of vertex.late === undefined ? [] : formatFan(vertex.late)) put('late', `${label} ${text}`);
  return lines;
}

function formatFan(fan: FanOutput): readonly (readonly [string, string])[] {
  return [
    ...fan.sinks.map((sink) => ['sink', formatSink(sink)] as const),
    ...fan.forward.map((vertex) => ['forward', `→ vertex ${vertex}`] as const),
  ];
}

function formatOp(op: NativeOp): string {
  if (op.kind === 'filter') return `filter ${formatExpr(op.expr)}`;
  if (op.kind === 'project') return `project ${formatColumns(op.columns)}`;
  return `window ${formatWindow(op)} on ${op.timeColumn}: ${op.aggregates.map(formatAggregate).join(', ')}`;
}

function formatAggregate({ name, fn, column, filter }: Aggregate): string {
  return `${name} = ${fn}(${column ?? ''})${filter === undefined ? '' : ` where ${filter}`}`;
}

function formatColumns(columns: readonly ProjectedColumn[]): string {
  const format = ({ name, expr }: ProjectedColumn): string =>
    referencedColumn(expr) === name ? name : `${name} = ${formatExpr(expr)}`;
  return columns.map(format).join(', ');
}

function formatWindow(window: {
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}): string {
  const { sizeMs, slideMs, offsetMs } = window;
  const offset = offsetMs === 0 ? '' : ` offset ${formatDuration(offsetMs)}`;
  if (slideMs === sizeMs) return `tumble ${formatDuration(sizeMs)}${offset}`;
  return `hop ${formatDuration(sizeMs)} every ${formatDuration(slideMs)}${offset}`;
}

function formatSource(source: SourceInput['source']): string {
  if (source.kind === 'input') return `input '${source.name}'`;
  return source.kind === 'generator' ? `generator ${JSON.stringify(source.options)}` : 'collection';
}

function formatWatermarks(watermarks: SourceInput['watermarks']): string {
  if (watermarks === undefined) return '';
  const { column, outOfOrderMs, idleAfterMs } = watermarks;
  const idle = idleAfterMs === undefined ? '' : `, idle after ${formatDuration(idleAfterMs)}`;
  return `, watermarks ${column} − ${formatDuration(outOfOrderMs)}${idle}`;
}

function formatSink(sink: SinkSpec): string {
  switch (sink.kind) {
    case 'table':
      return `table '${sink.name}' keyed (${sink.key.join(', ')})`;
    case 'print':
      return sink.prefix === '' ? 'print' : `print '${sink.prefix}'`;
    case 'callback':
      return 'callback';
    case 'collect':
      return `collect '${sink.name}'`;
    case 'blackhole':
      return 'blackhole';
    case 'file':
      return `${sink.format} file '${sink.path}'`;
  }
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** The largest unit that divides it: `24 h` is `1 d`. */
function formatDuration(ms: number): string {
  const unit = UNITS.find(([size]) => ms !== 0 && ms % size === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit[0]} ${unit[1]}`;
}
