// The reader's file, kept in IndexedDB so that a run over it can be resumed after a reload. Where it does not fit,
// the run works all the same, and a reload cannot resume it.
import { openDB } from 'idb';

const DATABASE = 'sluice-dashboard';
const STORE = 'files';
const KEY = 'own-file';

function open() {
  return openDB(DATABASE, 1, { upgrade: (database) => void database.createObjectStore(STORE) });
}

export async function keepFile(file: File): Promise<void> {
  try {
    const database = await open();
    await database.put(STORE, file, KEY);
    database.close();
  } catch (error) {
    console.warn('the file is not kept for a reload:', error);
  }
}

export async function keptFile(name: string): Promise<File | undefined> {
  try {
    const database = await open();
    const file: unknown = await database.get(STORE, KEY);
    database.close();
    return file instanceof File && file.name === name ? file : undefined;
  } catch {
    return undefined;
  }
}
