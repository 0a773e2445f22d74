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
