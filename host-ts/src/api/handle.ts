/** The user's handle on a running job: its types belong to the control room, users find them here. */
export type {
  JobHandle,
  JobPhase,
  JobResult,
  JobStatus,
  Recovery,
  ScanOptions,
  TableChange,
  TableHandle,
  TableRow,
} from '../control/index.ts';
