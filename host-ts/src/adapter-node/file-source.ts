/** Bytes of a file on disk. Size and time of change are its fingerprint. */
import { open } from 'node:fs/promises';
import { inputNotFound, inputUnreachable } from '../platform/index.ts';
import type { ByteSource } from '../platform/index.ts';

export async function fileSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw inputNotFound(path, error.code);
    throw inputUnreachable(path, error.code ?? error.message, error);
  });
  const stat = await file.stat();
  if (!stat.isFile()) {
    await file.close();
    throw inputUnreachable(path, stat.isDirectory() ? 'it is a directory' : 'it is no regular file');
  }
  return {
    name: path,
    byteLength: stat.size,
    seekable: true,
    fingerprint: `file:${stat.size}-${Math.round(stat.mtimeMs)}`,
    async read(at, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, stat.size - at)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, at + filled);
        if (bytesRead === 0) throw inputUnreachable(path, `it ends at byte ${at + filled}, but had ${stat.size}`);
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
