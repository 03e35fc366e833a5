import type { EngineFactory } from '@fw/framework';

/** The engine on Restate, as a config describes it. Waits until it can do what it is for. */
export const openRestateEngine: EngineFactory = async ({ settings, serves, ...parts }) => {
  const { createRestateEngine } = await import('@fw/engine-restate');
  const { ingressUrl, adminUrl, service, port, advertisedUrl } = settings;
  const engine = createRestateEngine({
    ...parts,
    ...(service !== undefined && { service }),
    restate: { ...(ingressUrl !== undefined && { ingressUrl }), ...(adminUrl !== undefined && { adminUrl }) },
    worker: serves && { ...(port !== undefined && { port }), ...(advertisedUrl !== undefined && { advertisedUrl }) },
  });
  try {
    await engine.ready();
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
};
