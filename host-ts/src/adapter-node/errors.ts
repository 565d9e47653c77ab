/** Errors of Node as a home. */
import { SluiceError } from '../base/index.ts';

export function jobModuleFailed(module: string, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError({
    code: 'JOB_MODULE_FAILED',
    kind: 'user',
    message: `the job module ${module} cannot be imported: ${reason}`,
    hint: 'check the path, and that the module runs by itself: node <module>',
    context: { module, reason },
    cause,
  });
}
