/** Jobs by module: the coordinator and every slot import the same file. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findJob } from '../api/index.ts';
import type { JobDefinition } from '../api/index.ts';
import { jobModuleFailed } from './errors.ts';

/** The URL of a module that is given as a path (from the working folder), a file URL or a URL object. */
export function moduleUrl(module: string | URL): string {
  if (module instanceof URL) return module.href;
  return /^(?:file|data):/.test(module) ? module : pathToFileURL(path.resolve(module)).href;
}

/** The module's job. Rejects JOB_MODULE_FAILED, NOT_A_JOB or SEVERAL_JOBS. */
export async function importJob(url: string): Promise<JobDefinition> {
  let exports: unknown;
  try {
    exports = await import(url);
  } catch (error) {
    throw jobModuleFailed(url, error);
  }
  return findJob(exports, url);
}
