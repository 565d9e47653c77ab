// The job graph, live: a card per chain with one bar per subtask, edges with rows and bytes a second.
import { computed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatBytes, formatCompact, formatCount, formatWatermark } from '../format.ts';
import { TableIcon } from '../icons.tsx';
import { run } from '../run/run.ts';
import { flowOut, graphModel, vertexTotals } from './graph-model.ts';
import type { GraphEdge, GraphNode } from './graph-model.ts';
import { layoutGraph } from './layout.ts';
import type { GraphLayout, Placed, PlacedEdge } from './layout.ts';
import { TimeBar } from './time-bar.tsx';

const model = computed(() => (run.graph.value === undefined ? undefined : graphModel(run.graph.value, run.plan.value)));

const HEAD_PX = 37;
const STEP_PX = 20;
const BAR_PX = 17;
const FOOT_PX = 55;
const SINK_PX = 92;

export function JobGraph() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  const graph = model.value;
  const subtasks = run.parallelism.value;
  const heightOf = (id: string): number => {
    const node = graph!.nodes.find((candidate) => candidate.id === id)!;
    if (node.vertex === undefined) return SINK_PX;
    return HEAD_PX + Math.max(1, node.steps.length) * STEP_PX + 10 + subtasks * BAR_PX + FOOT_PX;
  };
  const placed = graph === undefined || width === 0 ? undefined : layoutGraph(graph, heightOf, width);
  return (
    <section class="card graph" aria-labelledby="graph-title">
      <div class="card-head">
        <h2 id="graph-title">Job graph</h2>
        <p class="card-note">{run.demo.value.summary}</p>
      </div>
      <div class="graph-frame" ref={frame}>
        {placed !== undefined && (
          <div class="graph-canvas" style={{ width: `${placed.width}px`, height: `${placed.height}px` }}>
            <Edges layout={placed} edges={graph!.edges} />
            {graph!.nodes.map((node) => (
              <Card key={node.id} node={node} at={placed.nodes.get(node.id)!} />
            ))}
            {graph!.edges.map((edge) => (
              <EdgeLabel key={edge.id} edge={edge} at={placed.edges.get(edge.id)!} />
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

function Edges({ layout, edges }: { readonly layout: GraphLayout; readonly edges: readonly GraphEdge[] }) {
  const rates = run.rates.value;
  return (
    <svg class="graph-edges" width={layout.width} height={layout.height} aria-hidden="true">
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
          <path d="M0 0 8 4 0 8z" class="arrow" />
        </marker>
      </defs>
      {edges.map(({ id, sender, kind }) => {
        const { path } = layout.edges.get(id)!;
        const flows = flowOut(sender, rates).rowsPerSecond > 0;
        return (
          <g key={id} class={`edge edge-${kind}`}>
            <path d={path} class="edge-line" marker-end="url(#arrow)" />
            {flows && <path d={path} class="edge-flow" />}
          </g>
        );
      })}
    </svg>
  );
}

function EdgeLabel({ edge, at }: { readonly edge: GraphEdge; readonly at: PlacedEdge }) {
  const { rowsPerSecond, bytesPerSecond } = flowOut(edge.sender, run.rates.value);
  return (
    <div class="edge-label" style={{ left: `${at.labelX}px`, top: `${at.labelY}px` }}>
      <span class="edge-rows">{formatCompact(rowsPerSecond)} rows/s</span>
      {edge.kind === 'sink' ? null : <span>{formatBytes(bytesPerSecond)}/s</span>}
      <span class="edge-name">{edge.label}</span>
    </div>
  );
}

function Card({ node, at }: { readonly node: GraphNode; readonly at: Placed }) {
  const style = { left: `${at.x}px`, top: `${at.y}px`, width: `${at.width}px`, height: `${at.height}px` };
  if (node.vertex === undefined) return <SinkCard node={node} style={style} />;
  const totals = vertexTotals(node.vertex, run.metrics.value);
  const rates = run.rates.value;
  return (
    <article class="vertex" style={style} aria-label={node.title}>
      <h3 class="vertex-title">{node.title}</h3>
      <ul class="vertex-steps">
        {node.steps.length === 0 && <li>rows as they come</li>}
        {node.steps.map(({ label, text, closure }, index) => (
          <li key={index} title={`${label} ${text}`}>
            <b>{label}</b> {text}
            {closure && <span class="tag">JavaScript</span>}
          </li>
        ))}
      </ul>
      <div class="vertex-subtasks">
        {Array.from({ length: run.parallelism.value }, (_, slot) => {
          const rate = rates.get(`${node.vertex}/${slot}`);
          return (
            <div key={slot} class="subtask">
              <span class="subtask-slot">{slot}</span>
              <TimeBar busy={rate?.busy ?? 0} backpressured={rate?.backpressured ?? 0} label={`Subtask ${slot}`} />
              <span class="subtask-rate">{formatCompact(rate?.rowsInPerSecond ?? 0)}/s</span>
            </div>
          );
        })}
      </div>
      <dl class="vertex-facts">
        <div>
          <dt>Watermark</dt>
          <dd title={formatWatermark(totals.watermark)}>{formatWatermark(totals.watermark).replace(/^\d{4}-/, '')}</dd>
        </div>
        <div>
          <dt>State</dt>
          <dd title={`${formatCount(totals.stateKeys)} keys`}>{formatBytes(totals.stateBytes)}</dd>
        </div>
        <div>
          <dt>Late rows</dt>
          <dd>{formatCount(totals.lateRows)}</dd>
        </div>
      </dl>
    </article>
  );
}

function SinkCard({ node, style }: { readonly node: GraphNode; readonly style: Record<string, string> }) {
  const step = node.steps[0];
  return (
    <article class="vertex sink" style={style} aria-label={`Table ${node.title}`}>
      <h3 class="vertex-title">
        <TableIcon />
        {node.title}
      </h3>
      <p class="sink-rows">
        <b>{formatCount(run.rowCount.value)}</b> rows
      </p>
      <p class="sink-key" title={step?.text}>
        {step?.text}
      </p>
    </article>
  );
}
