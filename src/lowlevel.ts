/**
 * asyncio-web/lowlevel: for authors of hosts, loops, task classes and views.
 */

export type { HostLoop, Pump } from './core/host.ts';
export type { LoopInstrument as Instrument } from './core/events.ts';
export { BrowserHost, type BrowserHostOptions } from './loop/browser-host.ts';
export type { Channel } from './core/channel.ts';
export { FlowControlTransport } from './transports/transports.ts';
export { type Attachable, type ChannelOptions, ChannelTransport } from './transports/channel.ts';
export { FlowControlMixin } from './transports/streams.ts';
export { NativeHost } from './loop/hosts/native-host.ts';
export { AnimationFrameHost, type FrameHostOptions, type FrameSource } from './loop/hosts/frame-host.ts';
export { IdleHost } from './loop/hosts/idle-host.ts';
export { PostTaskHost, type PostTaskPriority } from './loop/hosts/post-task-host.ts';
export { WorkerHost } from './loop/hosts/worker-host.ts';
export { Inbox } from './loop/hosts/inbox.ts';
export { WorkerEventLoop } from './loop/worker-events.ts';
export { type EventToWaitFor, runForEvent, ServiceWorkerHost } from './loop/hosts/service-worker-host.ts';
export { NestedHost } from './loop/hosts/nested-host.ts';
export { LoopHost } from './loop/hosts/loop-host.ts';
export {
  GuestRun,
  type GuestRunOptions,
  type Outcome,
  runOutsideTask,
  startGuestRun,
} from './loop/guest.ts';
export {
  type Check,
  type ConformanceFailure,
  type ConformanceOptions,
  ConformanceReport,
  type ConformanceTest,
  checkConformance,
} from './loop/conformance.ts';
export { type HostConformanceOptions, hostConformance } from './loop/conformance-host.ts';
export { type LoopConformanceOptions, loopConformance } from './loop/conformance-loop.ts';
export { enterTask, leaveTask, registerTask, swapCurrentTask, unregisterTask } from './tasks/tasks.ts';
export { LoopBound } from './sync/mixins.ts';
export {
  type AsyncTreeOptions,
  type AwaitedInfo,
  type AwaiterInfo,
  buildAsyncTree,
  buildTaskTable,
  type CoroInfo,
  CycleFoundException,
  collectAwaitedBy,
  type DisplayOptions,
  displayAwaitedByTasksTable,
  displayAwaitedByTasksTree,
  NodeType,
  ps,
  pstree,
  type TaskInfo,
  type TaskTableRow,
} from './debug/tools.ts';
export type { FrameInfo } from './debug/frames.ts';
