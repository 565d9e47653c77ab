/** The engine from a server: compiled while it comes, and a clear error when it does not. */
import { engineUnreachable } from '../engine/index.ts';

/** Error: ENGINE_UNREACHABLE with the address and what was found there. */
export async function fetchEngine(
  url: string,
  request: (url: string) => Promise<Response>,
): Promise<WebAssembly.Module> {
  const response = await request(url).catch((cause: unknown): never => {
    throw engineUnreachable(url, 'no answer', cause);
  });
  if (!response.ok) throw engineUnreachable(url, `status ${response.status}`);
  try {
    return await WebAssembly.compileStreaming(response.clone());
  } catch {
    // a server that sends another MIME type, or a page of its own in place of the file
    const bytes = await response.arrayBuffer();
    return WebAssembly.compile(bytes).catch((cause: unknown): never => {
      const type = response.headers.get('content-type') ?? 'no type';
      throw engineUnreachable(url, `${bytes.byteLength} B of ${type} that are no WebAssembly`, cause);
    });
  }
}
