/** The canvas that the frame lends to the program. */

export interface Stage {
  /** The drawing context, with the canvas in the size that was asked for. */
  get(width?: number, height?: number): OffscreenCanvasRenderingContext2D;
}

export function makeStage(canvas: OffscreenCanvas | null, onUse: () => void): Stage {
  return {
    get(width = 640, height = 360) {
      if (canvas === null) throw new Error('This browser cannot draw from a Worker');
      canvas.width = Math.max(1, Math.min(4096, width));
      canvas.height = Math.max(1, Math.min(4096, height));
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('The stage cannot be drawn on');
      onUse();
      // The frame shows it anew when it has been drawn on.
      requestAnimationFrame?.(() => requestAnimationFrame(() => postMessage(null)));
      return context;
    },
  };
}
