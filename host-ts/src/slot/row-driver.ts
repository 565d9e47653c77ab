/**
 * The loop of a closure's stage as source that is generated for one function, where the home compiles source.
 *
 * It does what row-loop.ts does, word for word. What it gains is that its calls are its own: V8 sees one function, one
 * shape of result and one writer per column in them, and makes one piece of code of loop, function, row view and
 * writers, in which no row object is made. In a loop that several functions share each of these is a lookup.
 *
 * Names of columns are the only foreign thing in the source, and they stand in it as JSON strings, used as property
 * keys; everything else is handed in by the number of the column.
 */
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import type { Platform } from '../platform/index.ts';
import type { RowLoop, RowLoopInit } from './row-loop.ts';
import { WANTED } from './row-loop.ts';

type Compile = NonNullable<Platform['compileFunction']>;

/** V8 keeps compiled source by its text: drivers with the same text would share what they have learnt. */
let driverCount = 0;

export function compileDriver(init: RowLoopInit, compile: Compile): RowLoop {
  driverCount += 1;
  const body = `${driverSource(init)}\n//# sourceURL=sluice-driver-${driverCount}.js`;
  const make = compile(['init', 'arrayValues'], body) as unknown as (
    init: RowLoopInit,
    arrayValues: unknown,
  ) => RowLoop['run'];
  return { run: make(init, Array.prototype.values) };
}

/** The body of a function of `init` that returns the loop. */
export function driverSource({ form, names }: Pick<RowLoopInit, 'form' | 'names'>): string {
  const columns = names.map((name, index) => ({ key: JSON.stringify(name), index }));
  const put = (at: string): string => `
      if (typeof result !== 'object' || result === null) throw failures.badResult(result, ${JSON.stringify(WANTED.map)});
      ${columns.map(({ index }) => `let value${index};`).join(' ')}
      try {
        ${columns.map(({ key, index }) => `value${index} = result[${key}];`).join(' ')}
      } catch (cause) {
        throw failures.threw(cause);
      }
      ${columns.map(({ index }) => `writer${index}.put(${at}, value${index});`).join(' ')}`;
  const loop = { filter: filterLoop, map: mapLoop, flatMap: flatMapLoop }[form];
  return `'use strict';
  const { run, view, position, origins, writers, failures } = init;
  ${columns.map(({ index }) => `const writer${index} = writers[${index}];`).join(' ')}
  ${loop(put)}`;
}

const CALL = `
    try {
      result = run(view);
    } catch (cause) {
      throw failures.threw(cause);
    }`;

type Put = (at: string) => string;

function filterLoop(): string {
  return `return (end) => {
  let count = 0;
  for (let row = position[0]; row < end; row++) {
    position[0] = row;
    let result;${CALL}
    if (result === true) origins[count++] = row;
    else if (result !== false) throw failures.badResult(result, ${JSON.stringify(WANTED.filter)});
  }
  position[0] = end;
  return count;
};`;
}

function mapLoop(put: Put): string {
  return `return (end) => {
  const begin = position[0];
  for (let row = begin; row < end; row++) {
    position[0] = row;
    let result;${CALL}
    ${put('row - begin')}
  }
  position[0] = end;
  return end - begin;
};`;
}

/** `rest` is what is left of a result at a stop, as FlatMapRest has it; between stops it lies in local variables. */
function flatMapLoop(put: Put): string {
  return `const NONE = { list: undefined, index: 0, iterator: undefined };
let rest = NONE;
return (end) => {
  let { list, index, iterator } = rest;
  let count = 0;
  let row = position[0];
  for (;;) {
    while (list !== undefined || iterator !== undefined) {
      if (count === ${FRAME_ROWS_MAX}) {
        rest = { list, index, iterator };
        return count;
      }
      let result, done = false;
      try {
        if (list !== undefined) {
          if (index < list.length) result = list[index++];
          else done = true;
        } else {
          const step = iterator.next();
          if (step.done !== true) result = step.value;
          else done = true;
        }
      } catch (cause) {
        throw failures.threw(cause);
      }
      if (done) {
        list = iterator = undefined;
        row += 1;
        break;
      }
      ${put('count')}
      origins[count++] = row;
    }
    position[0] = row;
    if (row === end || count === ${FRAME_ROWS_MAX}) {
      rest = NONE;
      return count;
    }
    let result;${CALL}
    if (Array.isArray(result) && result[Symbol.iterator] === arrayValues) {
      list = result;
      index = 0;
      continue;
    }
    const iterate = result?.[Symbol.iterator];
    if (iterate === undefined || typeof result === 'string') {
      throw failures.badResult(result, ${JSON.stringify(WANTED.flatMap)});
    }
    try {
      iterator = iterate.call(result);
    } catch (cause) {
      throw failures.threw(cause);
    }
  }
};`;
}
