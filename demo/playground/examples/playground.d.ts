// What programs of the playground can import beside the library.
declare module 'playground' {
  /** The context of a canvas of this size, in the Stage view. */
  export function stage(width?: number, height?: number): OffscreenCanvasRenderingContext2D;
  /** Address of a WebSocket room at the server that this page came from, if that server has one: `npm start` has. */
  export const room: string;
}
