// Where cards and edges lie: dagre's layered layout, from left to right where there is room, else from top to bottom.
import { Graph, layout } from '@dagrejs/dagre';
import type { GraphModel } from './graph-model.ts';

export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly path: string;
  readonly labelX: number;
  readonly labelY: number;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly across: boolean;
  readonly nodes: ReadonlyMap<string, Placed>;
  readonly edges: ReadonlyMap<string, PlacedEdge>;
}

const LABEL_WIDTH = 138;
const LABEL_HEIGHT = 52;
const CARD_WIDTH_MIN = 186;
const CARD_WIDTH_MAX = 340;
const MARGIN = 2;

/** `heightOf`: what a card needs; `availableWidth`: the room there is. */
export function layoutGraph(model: GraphModel, heightOf: (id: string) => number, availableWidth: number): GraphLayout {
  const ranks = rankCount(model);
  const cardWidth = (availableWidth - MARGIN * 2 - (ranks - 1) * LABEL_WIDTH) / ranks;
  const across = cardWidth >= CARD_WIDTH_MIN;
  const width = Math.floor(
    across ? Math.min(CARD_WIDTH_MAX, cardWidth) : Math.min(CARD_WIDTH_MAX + 80, availableWidth - MARGIN * 2),
  );
  const graph = new Graph({ directed: true });
  const ranksep = across
    ? Math.min(LABEL_WIDTH + 40, (availableWidth - MARGIN * 2 - ranks * width) / Math.max(1, ranks - 1))
    : LABEL_HEIGHT + 8;
  graph.setGraph({ rankdir: across ? 'LR' : 'TB', nodesep: 16, ranksep, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of model.nodes) graph.setNode(id, { width, height: heightOf(id) });
  for (const { from, to } of model.edges) graph.setEdge(from, to, {});
  layout(graph);
  const nodes = new Map(
    model.nodes.map(({ id }): [string, Placed] => {
      const node = graph.node(id) as Placed;
      return [id, { x: node.x - node.width / 2, y: node.y - node.height / 2, width: node.width, height: node.height }];
    }),
  );
  const edges = new Map(
    model.edges.map(({ id, from, to }): [string, PlacedEdge] => [
      id,
      edgeBetween(nodes.get(from)!, nodes.get(to)!, across),
    ]),
  );
  const { width: total, height } = graph.graph() as { width: number; height: number };
  return { width: total, height, across, nodes, edges };
}

function edgeBetween(from: Placed, to: Placed, across: boolean): PlacedEdge {
  const x1 = across ? from.x + from.width : from.x + from.width / 2;
  const y1 = across ? from.y + from.height / 2 : from.y + from.height;
  const x2 = across ? to.x : to.x + to.width / 2;
  const y2 = across ? to.y + to.height / 2 : to.y;
  const bend = across ? (x2 - x1) / 2 : (y2 - y1) / 2;
  const path = across
    ? `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
    : `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  return { path, labelX: (x1 + x2) / 2, labelY: (y1 + y2) / 2 };
}

/** Cards on the longest way from a source to a sink. */
function rankCount({ nodes, edges }: GraphModel): number {
  const rank = new Map(nodes.map(({ id }) => [id, 1]));
  for (let changed = true, rounds = 0; changed && rounds <= nodes.length; rounds++) {
    changed = false;
    for (const { from, to } of edges) {
      const wanted = rank.get(from)! + 1;
      if (rank.get(to)! >= wanted) continue;
      rank.set(to, wanted);
      changed = true;
    }
  }
  return Math.max(1, ...rank.values());
}
