/**
 * The inputs as one slot gets them. A stream exists once and changes its owner with the message,
 * so slot 0 alone is given it; its splits are pinned to that slot.
 */
import type { InputBinding } from '../connectors/index.ts';
import type { Transferable } from '../platform/index.ts';

export interface GivenInputs {
  readonly inputs: Readonly<Record<string, InputBinding>>;
  readonly transfer: readonly Transferable[];
}

export function deployInputs(inputs: Readonly<Record<string, InputBinding>>, slot: number): GivenInputs {
  const transfer: Transferable[] = [];
  const given: Record<string, InputBinding> = {};
  for (const [name, binding] of Object.entries(inputs)) {
    const { location } = binding;
    if (location?.kind !== 'stream') given[name] = binding;
    else if (slot === 0) {
      given[name] = binding;
      transfer.push(location.stream);
    } else given[name] = { connector: binding.connector, options: binding.options };
  }
  return { inputs: given, transfer };
}
