/** The page's part: makes the workers that the coordinator asks for, and ends them. */
import type { SlotStart, ToPage, WorkerExit } from './worker-messages.ts';

export interface PageWorkers {
  /** Ends all workers. */
  close(): void;
}

export function pageWorkers(newWorker: () => Worker, coordinator: MessagePort): PageWorkers {
  const running = new Map<number, Worker>();
  const end = (id: number): boolean => {
    running.get(id)?.terminate();
    return running.delete(id);
  };
  const lost = (id: number, reason: string): void => {
    if (end(id)) coordinator.postMessage({ type: 'exit', id, reason } satisfies WorkerExit);
  };
  coordinator.onmessage = ({ data }: MessageEvent<ToPage>) => {
    if (data.type === 'kill') {
      end(data.id);
      return;
    }
    const { id, slot, control, storage } = data;
    const worker = newWorker();
    running.set(id, worker);
    worker.onerror = (event) => lost(id, event.message || 'its module did not load');
    worker.onmessageerror = () => lost(id, 'a message could not be read');
    const ports = storage.kind === 'port' ? [control, storage.port] : [control];
    worker.postMessage({ sluice: 'slot', slot, control, storage } satisfies SlotStart, ports);
  };
  return {
    close() {
      for (const id of running.keys()) end(id);
      coordinator.close();
    },
  };
}
