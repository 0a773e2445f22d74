/**
 * asyncio-web: Python's asyncio for the web page.
 *
 * The public names, in the order of asyncio's modules. Everything that is not named here, in `lowlevel.ts` or in
 * `testing.ts` is internal.
 */

// runners
export { type Main, Runner, type RunnerOptions, type RunOptions, run } from './loop/runners.ts';

// coroutines and tasks
export type {
  Awaitable,
  AwaitableOrPromise,
  Coroutine,
  ResultOf,
  Suspension,
  TaskOptions,
} from './core/awaitable.ts';
export { coroutine, iscoroutine, iscoroutinefunction } from './tasks/coroutines.ts';
export {
  allTasks,
  createEagerTaskFactory,
  createTask,
  currentTask,
  eagerTaskFactory,
  ensureFuture,
  runCoroutineThreadsafe,
  Task,
} from './tasks/tasks.ts';
export { AsCompleted, asCompleted } from './sync/as-completed.ts';
export { staggeredRace } from './sync/staggered.ts';
export { type AsyncIterableOf, aiter, anext, asyncFor, type CoroutineIterator } from './tasks/async-iter.ts';
export { gather } from './tasks/gather.ts';
export { shield, withShield } from './tasks/shield.ts';
export { AsyncGeneratorOf, asyncGenerator, type Emit } from './tasks/async-generators.ts';
export { type ExceptClause, type ExceptCondition, exceptStar } from './tasks/except-star.ts';
export { sleep } from './tasks/sleep.ts';
export {
  ALL_COMPLETED,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  wait,
  waitFor,
} from './tasks/wait.ts';
export { Timeout, timeout, timeoutAt, withTimeout, withTimeoutAt } from './tasks/timeouts.ts';
export { TaskGroup, withTaskGroup } from './tasks/taskgroups.ts';
export { type AsyncContextManager, asyncWith } from './tasks/async-with.ts';

// futures and the bridges to the platform
export { Future, futureAddToAwaitedBy, futureDiscardFromAwaitedBy, isfuture } from './tasks/futures.ts';
export { asyncTask, fromPromise, wrapFuture } from './tasks/promises.ts';
export { abortSignalOf, withAbortSignal } from './tasks/abort-signal.ts';

// synchronisation and queues
export {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Event as AsyncEvent,
  type Held,
  Lock,
  Semaphore,
} from './sync/locks.ts';
export { LifoQueue, PriorityQueue, Queue, QueueEmpty, QueueFull, QueueShutDown } from './sync/queues.ts';

// streams
export {
  type ClientConnected,
  openConnection,
  StreamReader,
  type StreamOptions,
  StreamReaderProtocol,
  StreamWriter,
  startServer,
} from './transports/streams.ts';
export { memoryPair, type StreamPair } from './transports/memory-pair.ts';
export { readableStreamOf, writableStreamOf } from './transports/web-streams.ts';

// the web: fetch, WebSocket, server-sent events, events of the page
export {
  FetchResponse,
  type FetchOptions,
  fetch,
  HTTPError,
  type ProgressCallback,
} from './transports/fetch.ts';
export {
  type ServerSentEvent,
  type ServerSentEventsOptions,
  serverSentEvents,
} from './transports/sse.ts';
export {
  connectWebSocket,
  WebSocketConnection,
  type WebSocketConnectionOptions,
  type WebSocketMessage,
} from './transports/websocket-connection.ts';
export { type WebSocketClosure, WebSocketCloseError } from './transports/websocket-link.ts';
export type {
  HandshakeOptions,
  HttpOptions,
  PortConnectionOptions,
  PortLike,
  PortServerOptions,
  WebSocketOptions,
  WebSocketStreamOptions,
  WebTransportConnectionOptions,
} from './core/channel-options.ts';
export {
  type EventOf,
  type EventsOptions,
  EventStream,
  events,
  type WaitEventOptions,
  waitEvent,
} from './transports/events.ts';
export {
  type FetchEventLike,
  type FetchService,
  type ServeFetchOptions,
  serveFetchEvents,
} from './transports/service-worker.ts';

// context variables
export { Context, ContextVar, copyContext, Token } from './core/contextvars.ts';

// event loops
export {
  _getRunningLoop,
  _setRunningLoop,
  AbstractEventLoop,
  type Callback,
  type ExceptionContext,
  type ExceptionHandler,
  type FutureLike,
  getEventLoop,
  getRunningLoop,
  Handle,
  type LoopFactory,
  type ServerLike,
  setEventLoop,
  type TaskFactory,
  type TaskLike,
  TimerHandle,
} from './core/events.ts';
export { AbstractServer } from './core/abstract-server.ts';
export { BaseEventLoop, type LoopStats } from './loop/base-events.ts';
export { BrowserEventLoop, BrowserEventLoop as EventLoop, newEventLoop } from './loop/browser-events.ts';
export type { BrowserHostOptions, BrowserHostStats, TimerSource, WakeHold } from './loop/browser-host.ts';
export { webLock, workerTimers } from './loop/background.ts';
export { nextFrame } from './loop/next-frame.ts';
export { type Logger, logger } from './core/log.ts';

// exceptions
export {
  BaseException,
  BrokenBarrierError,
  CancelledError,
  GeneratorExit,
  IncompleteReadError,
  InvalidStateError,
  isBaseException,
  isCancelled,
  KeyboardInterrupt,
  LimitOverrunError,
  NotImplementedError,
  RuntimeError,
  rethrowIfCancelled,
  SendfileNotAvailableError,
  SystemExit,
  TimeoutError,
} from './core/exceptions.ts';
export {
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  OSError,
} from './core/os-errors.ts';
export { BaseExceptionGroup, ExceptionGroup, formatException } from './core/exception-group.ts';

// protocols, transports and servers
export {
  BaseProtocol,
  BufferedProtocol,
  DatagramProtocol,
  Protocol,
} from './transports/protocols.ts';
export {
  BaseTransport,
  DatagramTransport,
  type ExtraInfo,
  ReadTransport,
  Transport,
  WriteTransport,
} from './transports/transports.ts';
export { type Listener, Server } from './transports/server.ts';
export type {
  BaseTransportLike,
  BufferedProtocolLike,
  Bytes,
  BytesLike,
  ConnectionOptions,
  DatagramOptions,
  DatagramProtocolLike,
  DatagramTransportLike,
  ProtocolLike,
  ReadTransportLike,
  SendfileOptions,
  ServerOptions,
  StreamProtocolLike,
  TransportLike,
  WriteBufferLimits,
  WriteTransportLike,
} from './core/network.ts';

// call graphs
export {
  type CallGraphOptions,
  captureCallGraph,
  type FrameCallGraphEntry,
  type FutureCallGraph,
  formatCallGraph,
  type PrintCallGraphOptions,
  printCallGraph,
} from './debug/graph.ts';
export type { FrameInfo } from './debug/frames.ts';
