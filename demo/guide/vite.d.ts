interface ImportMeta {
  /** Vite's: the modules that match, each loaded when it is asked for. */
  glob<T>(pattern: string): Record<string, () => Promise<T>>;
}
