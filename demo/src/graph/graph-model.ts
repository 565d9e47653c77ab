// The job graph as the page draws it: a card per chain and one per sink, edges with what crosses them now. Pure: from
// the graph, the library's own description of it, and the rates.
import type { JobGraph, JobMetrics, Vertex } from 'sluice';
import { formatSpan } from '../format.ts';
import type { SubtaskRates } from '../run/rates.ts';

export interface GraphNode {
  readonly id: string;
  /** The chain's vertex; undefined for a sink. */
  readonly vertex: number | undefined;
  readonly title: string;
  /** What the chain does, step by step: label ('filter') and text. */
  readonly steps: readonly GraphStep[];
}

export interface GraphStep {
  readonly label: string;
  readonly text: string;
  /** Runs in JavaScript instead of the engine. */
  readonly closure: boolean;
}

export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** The vertex whose outgoing rows cross it. */
  readonly sender: number;
  readonly kind: 'hash' | 'forward' | 'sink';
}

export interface GraphModel {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** `plan`: the text of explain(graph), whose lines describe every vertex. */
export function graphModel(graph: JobGraph, plan: string): GraphModel {
  const described = describeVertices(plan);
  const nodes: GraphNode[] = graph.vertices.map((vertex) => ({
    id: `v${vertex.id}`,
    vertex: vertex.id,
    title: titleOf(vertex),
    steps: (described.get(vertex.id) ?? []).flatMap(unfolded),
  }));
  const edges: GraphEdge[] = graph.edges.map(({ id, from, to, kind, keys }) => ({
    id: `e${id}`,
    from: `v${from}`,
    to: `v${to}`,
    label: kind === 'hash' ? `by ${keys.join(', ')}` : 'forward',
    sender: from,
    kind,
  }));
  for (const { id, output } of graph.vertices) {
    for (const [index, sink] of output.kind === 'fan' ? output.sinks.entries() : []) {
      const node = `s${id}.${index}`;
      const text = sink.kind === 'table' ? `keyed by ${sink.key.join(', ')}` : '';
      const steps = text === '' ? [] : [{ label: 'table', text, closure: false }];
      nodes.push({ id: node, vertex: undefined, title: 'name' in sink ? sink.name : sink.kind, steps });
      edges.push({ id: `e${node}`, from: `v${id}`, to: node, label: 'results', sender: id, kind: 'sink' });
    }
  }
  return { nodes, edges };
}

function titleOf({ name, input, stages }: Vertex): string {
  if (input.kind === 'source' && input.source.kind === 'input') return `Read ${input.source.name}`;
  const first = stages[0]?.kind === 'native' ? stages[0].ops[0] : undefined;
  if (first?.kind === 'window') {
    const { sizeMs, slideMs } = first;
    return sizeMs === slideMs
      ? `Window of ${formatSpan(sizeMs)}`
      : `Window of ${formatSpan(sizeMs)}, every ${formatSpan(slideMs)}`;
  }
  const words = name.split(' → ')[0] ?? name;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A window's step is told by its aggregates, one a line; its length is in the title. */
function unfolded(step: GraphStep): readonly GraphStep[] {
  if (step.label !== 'window') return [step];
  const aggregates = step.text.slice(step.text.indexOf(': ') + 2).split(/, (?=\w+ = )/);
  return aggregates.map((aggregate) => {
    const [name = '', text = ''] = aggregate.split(' = ');
    return { label: name, text, closure: false };
  });
}

/** `    native   filter delay > 15` of `  vertex 0  …` as steps. */
function describeVertices(plan: string): ReadonlyMap<number, readonly GraphStep[]> {
  const vertices = new Map<number, GraphStep[]>();
  // an aggregate's filter is projected before the window, under a name of its own: shown is what it says
  const filters = new Map([...plan.matchAll(/(\S+\$where) = ([^,\n]+)/g)].map(([, name, text]) => [name!, text!]));
  const said = (text: string): string =>
    text.replace(/\S+\$where/g, (name) => filters.get(name.replace(/,$/, '')) ?? name);
  let steps: GraphStep[] = [];
  for (const line of plan.split('\n')) {
    const head = /^ {2}vertex (\d+) /.exec(line);
    if (head !== null) vertices.set(Number(head[1]), (steps = []));
    const step = /^ {4}(native|closure) +(\S+) (.*)$/.exec(line);
    if (step !== null) steps.push({ label: step[2]!, text: said(step[3]!), closure: step[1] === 'closure' });
  }
  return vertices;
}

export interface Flow {
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** What leaves a vertex now, over all its subtasks. */
export function flowOut(vertex: number, rates: ReadonlyMap<string, SubtaskRates>): Flow {
  let rowsPerSecond = 0;
  let bytesPerSecond = 0;
  for (const rate of rates.values()) {
    if (rate.vertex !== vertex) continue;
    rowsPerSecond += rate.rowsOutPerSecond;
    bytesPerSecond += rate.bytesOutPerSecond;
  }
  return { rowsPerSecond, bytesPerSecond };
}

export interface VertexTotals {
  readonly watermark: number | null;
  readonly stateBytes: number;
  readonly stateKeys: number;
  readonly lateRows: number;
  readonly rowsOut: number;
}

export function vertexTotals(vertex: number, { subtasks }: JobMetrics): VertexTotals {
  const mine = subtasks.filter((subtask) => subtask.vertex === vertex);
  const sum = (name: 'stateBytes' | 'stateKeys' | 'lateRows' | 'rowsOut'): number =>
    mine.reduce((total, subtask) => total + subtask[name], 0);
  const marks = mine.map(({ watermark }) => watermark);
  const complete = marks.length > 0 && marks.every((mark) => mark !== null);
  return {
    watermark: complete ? Math.min(...marks) : null,
    stateBytes: sum('stateBytes'),
    stateKeys: sum('stateKeys'),
    lateRows: sum('lateRows'),
    rowsOut: sum('rowsOut'),
  };
}
