// Tasks: a plan's operators, driven by the host call by call.
export { planRead } from "./plan";
export { taskFree } from "./task";
export { taskFlush, taskPush, taskResume, taskWatermark } from "./runner";
export { taskCounter, taskOutBytes, taskOutChannel, taskOutPtr, taskOutRows, taskSplit, taskSplitMax } from "./access";
export { restoreBegin, restoreEnd, restoreRecord, snapshotBegin, snapshotDiscard, snapshotNext } from "./state";
