/**
 * Files of CSV or NDJSON, exact after recovery.
 *
 * The slot keeps the text of an epoch as stored values. The coordinator notes in the manifest where the file ends
 * before the epoch (`place`), and once the manifest is published it cuts the file there and appends the values in
 * slot order (`commit`). Doing so again, at a recovery, gives the same file. There is one committer per job.
 */
import { SluiceError, STORED_VALUE_BYTES } from '../base/index.ts';
import type { Json } from '../base/index.ts';
import type { SinkState } from '../checkpoint/index.ts';
import type { FileStore } from '../platform/index.ts';
import { fileSinkChanged, fileSinkFailed, fileSinkUnsupported } from './errors.ts';
import type { PreparedSink, Sink } from './sink.ts';

export interface FileSinkInit {
  readonly path: string;
  /** The first line of a CSV file with its line end; '' for NDJSON. */
  readonly header: string;
  /** A frame's rows as text, whole lines. */
  readonly encode: (frame: Uint8Array) => Uint8Array;
}

/** The slot's half. */
export class FileSink implements Sink {
  readonly #init: FileSinkInit;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(init: FileSinkInit) {
    this.#init = init;
  }

  push(frame: Uint8Array): void {
    const text = this.#init.encode(frame);
    this.#parts.push(text);
    this.#bytes += text.length;
  }

  prepare(): PreparedSink {
    const values = packed(this.#parts).map((bytes) => ({ bytes, rows: 0 }));
    const bytes = this.#bytes;
    this.close();
    return { values, prepared: { file: this.#init.path, header: this.#init.header, bytes } };
  }

  close(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** Joins texts into values of about STORED_VALUE_BYTES. */
function packed(parts: readonly Uint8Array[]): Uint8Array[] {
  const values: Uint8Array[] = [];
  let open: Uint8Array[] = [];
  let openBytes = 0;
  parts.forEach((part, index) => {
    open.push(part);
    openBytes += part.length;
    if (openBytes < STORED_VALUE_BYTES && index < parts.length - 1) return;
    const value = new Uint8Array(openBytes);
    let at = 0;
    for (const piece of open) {
      value.set(piece, at);
      at += piece.length;
    }
    if (at > 0) values.push(value);
    open = [];
    openBytes = 0;
  });
  return values;
}

/** What `prepared` of a file sink is; `before` is added by `place`. */
interface FilePart {
  readonly file: string;
  readonly header: string;
  readonly bytes: number;
  readonly before?: number;
}

/** The coordinator's half, for all file sinks of a job. States of other sinks pass through. */
export class FileCommitter {
  readonly #files: FileStore | undefined;
  readonly #load: (value: string) => Promise<Uint8Array>;
  /** Bytes of each file at the end of the newest placed epoch. */
  readonly #ends = new Map<string, number>();

  constructor(files: FileStore | undefined, load: (value: string) => Promise<Uint8Array>) {
    this.#files = files;
    this.#load = load;
  }

  /** The states for the manifest, with where each file ends before this epoch. */
  place(states: readonly SinkState[]): readonly SinkState[] {
    const before = new Map(this.#ends);
    for (const [file, group] of byFile(states)) {
      if (this.#files === undefined) throw fileSinkUnsupported(file);
      const bytes = group.reduce((sum, { part }) => sum + part.bytes, 0);
      this.#ends.set(file, (before.get(file) ?? encoded(group[0]!.part.header).length) + bytes);
    }
    return states.map((state) => {
      const part = filePart(state.prepared);
      return part === undefined ? state : { ...state, prepared: { ...part, before: before.get(part.file) ?? 0 } };
    });
  }

  /** Takes up from a manifest's states: the files' ends are known again, and the epoch is committed once more. */
  async restore(states: readonly SinkState[]): Promise<void> {
    this.#ends.clear();
    for (const [file, group] of byFile(states)) this.#ends.set(file, endOf(group));
    await this.commit(states);
  }

  /**
   * Writes the epoch into the files. To be called when its manifest is published; any number of times. Rejects
   * FILE_SINK_FAILED (disk full and the like: may be tried again) or FILE_SINK_CHANGED.
   */
  async commit(states: readonly SinkState[]): Promise<void> {
    for (const [file, group] of byFile(states)) {
      const files = this.#files;
      if (files === undefined) throw fileSinkUnsupported(file);
      try {
        await this.#write(files, file, group);
      } catch (error) {
        throw error instanceof SluiceError ? error : fileSinkFailed(file, error);
      }
    }
  }

  async #write(files: FileStore, file: string, group: readonly Placed[]): Promise<void> {
    const before = group[0]!.part.before ?? 0;
    const size = await files.size(file);
    if ((size ?? 0) < before) throw fileSinkChanged(file, { found: size ?? 0, expected: before });
    if (size !== undefined && size > before) await files.truncate(file, before);
    if (before === 0) await files.append(file, encoded(group[0]!.part.header));
    for (const { state } of group) {
      for (const { value } of state.values) await files.append(file, await this.#load(value));
    }
  }
}

interface Placed {
  readonly state: SinkState;
  readonly part: FilePart;
}

/** The parts of each file in slot order. */
function byFile(states: readonly SinkState[]): Map<string, Placed[]> {
  const groups = new Map<string, Placed[]>();
  const inOrder = [...states].sort((a, b) => a.vertex - b.vertex || a.sink - b.sink || a.slot - b.slot);
  for (const state of inOrder) {
    const part = filePart(state.prepared);
    if (part === undefined) continue;
    const group = groups.get(part.file);
    if (group === undefined) groups.set(part.file, [{ state, part }]);
    else group.push({ state, part });
  }
  return groups;
}

function endOf(group: readonly Placed[]): number {
  const { before = 0, header } = group[0]!.part;
  const start = before === 0 ? encoded(header).length : before;
  return group.reduce((sum, { part }) => sum + part.bytes, start);
}

function filePart(prepared: Json): FilePart | undefined {
  const isPart = typeof prepared === 'object' && prepared !== null && 'file' in prepared;
  return isPart ? (prepared as unknown as FilePart) : undefined;
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
