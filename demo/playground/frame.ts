/**
 * The sandboxed frame around a run. Its origin is nobody's: it cannot reach the page, its storage, or its cookies.
 * It starts the Worker that the program runs in, lends it a canvas, and is removed to end it, whatever it does.
 */

const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'connect-src https: http: wss: ws: data: blob:',
].join('; ');

/**
 * Plain JavaScript, since nothing compiles it. The first message brings the runner's text and the page's port. When the
 * Worker has drawn, the canvas is put in its place anew: Chromium (seen in 156) often shows nothing for ever of a canvas
 * that was drawn on before the frame, which has a process of its own, was first laid out.
 */
const BOOT = `
addEventListener('message', ({ data, ports, source }) => {
  if (source !== parent) return;
  const url = URL.createObjectURL(new Blob([data.runner], { type: 'text/javascript' }));
  const worker = new Worker(url);
  const canvas = document.querySelector('canvas');
  const moved = [ports[0]];
  let stage = null;
  if (canvas.transferControlToOffscreen) moved.push((stage = canvas.transferControlToOffscreen()));
  worker.postMessage({ stage, ratio: devicePixelRatio }, moved);
  worker.onmessage = () => document.body.append(canvas);
}, { once: true });
`;

const TEXT = `<!doctype html><meta http-equiv="content-security-policy" content="${POLICY}">
<title>Stage</title><style>html,body{margin:0;height:100%;overflow:hidden;background:transparent;color-scheme:light dark}
canvas{display:block;width:100%;height:100%;object-fit:contain}</style><canvas width="640" height="360" role="img" aria-label="What the program draws"></canvas><script>${BOOT}</script>`;

/** A frame that is ready for `startWorker` when it has loaded. */
export function makeFrame(): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.title = 'Stage: what the program draws';
  frame.srcdoc = TEXT;
  return frame;
}
