/**
 * Default uids: kind and ordinal (`window-1`), and the warning when they are not enough.
 *
 * State is bound to uids. An ordinal counts operators of its kind in the order in which the job
 * says them, so with two of a kind an inserted or removed one would hand state to the wrong
 * operator. That is not an error (the job may never change), but it is said.
 */
import type { LogicalNode } from './logical-plan.ts';

export function defaultUid(kind: string, nodes: readonly LogicalNode[]): string {
  const ordinal = nodes.filter((node) => uidKind(node) === kind).length + 1;
  return `${kind}-${ordinal}`;
}

/** One line per kind of operator with state of which more than one has no uid of its own. */
export function uidWarnings(nodes: readonly LogicalNode[], isNamed: (id: number) => boolean): readonly string[] {
  return (['source', 'window'] as const).flatMap((kind) => {
    const uids = nodes.filter((node) => node.kind === kind && !isNamed(node.id)).map((node) => node.uid);
    if (uids.length < 2) return [];
    return [
      `${uids.length} ${kind}s have default uids (${uids.join(', ')}): adding or removing one would bind state ` +
        `to another; name them with .uid(…)`,
    ];
  });
}

function uidKind(node: LogicalNode): string {
  return node.kind === 'closure' ? node.form : node.kind;
}
