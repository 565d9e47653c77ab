/**
 * Where the job's inputs are: given on the command line, else named in `inputs.json` beside the job
 * module (paths relative to that file). The ending of the name chooses the connector.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindingForFile } from '../connectors/index.ts';
import type { InputBinding } from '../connectors/index.ts';
import { inputListInvalid, inputUnknown } from './errors.ts';

/** Bindings of all inputs that are found; one that is missing is reported by the coordinator. */
export async function bindInputs(
  names: readonly string[],
  given: ReadonlyMap<string, string>,
  jobModule: string,
): Promise<Record<string, InputBinding>> {
  for (const name of given.keys()) if (!names.includes(name)) throw inputUnknown(name, names);
  const bindings: Record<string, InputBinding> = {};
  const wanted = names.filter((name) => !given.has(name));
  const listed = wanted.length > 0 && jobModule.startsWith('file:') ? await listedInputs(jobModule) : {};
  for (const name of names) {
    const location = given.get(name) ?? listed[name];
    if (location !== undefined) bindings[name] = bindingOf(location);
  }
  return bindings;
}

function bindingOf(location: string): InputBinding {
  if (!/^(?:https?|file):\/\//.test(location)) return bindingForFile(location, { path: path.resolve(location) });
  return bindingForFile(new URL(location).pathname, location);
}

async function listedInputs(jobModule: string): Promise<Record<string, string>> {
  const file = path.join(path.dirname(fileURLToPath(jobModule)), 'inputs.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw inputListInvalid(file, String(error));
  }
  const listed: Record<string, string> = {};
  for (const [name, location] of Object.entries(parse(file, text))) {
    if (typeof location !== 'string') throw inputListInvalid(file, `'${name}' is no text`);
    listed[name] = /^\w+:\/\//.test(location) ? location : path.resolve(path.dirname(file), location);
  }
  return listed;
}

function parse(file: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw inputListInvalid(file, String(error));
  }
  throw inputListInvalid(file, 'it is no JSON object');
}
