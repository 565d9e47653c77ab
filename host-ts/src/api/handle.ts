/** The user's handle on a running job: its types belong to the control room, users find them here. */
export type {
  JobHandle,
  JobPhase,
  JobResult,
  JobStatus,
  Recovery,
  TableChange,
  TableHandle,
  TableRow,
} from '../control/index.ts';
