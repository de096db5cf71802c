// What every widget carries instead of the bundle: it gets the bundle once per page, however many widgets there are.
const loaded = (globalThis[Symbol.for("jax-explorer bundles")] ??= new Map());

/** The bundle's text: from the one widget that holds it, or from the kernel when that widget was closed. */
async function source(model) {
  try {
    const holder = await model.widget_manager.get_model(model.get("holder"));
    const text = holder.get("bundle");
    if (text) return text;
  } catch {
    // The holder is gone, or this host has no manager: ask.
  }
  return new Promise((resolve) => {
    const heard = (content, buffers) => {
      if (content?.type !== "bundle") return;
      clearInterval(again);
      model.off("msg:custom", heard);
      resolve(new TextDecoder().decode(buffers[0]));
    };
    const ask = () => model.send({ type: "bundle" });
    const again = setInterval(ask, 4000);
    model.on("msg:custom", heard);
    ask();
  });
}

function load(model) {
  const digest = model.get("digest");
  if (!loaded.has(digest)) {
    const loading = source(model).then(async (text) => {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      return import(url).finally(() => URL.revokeObjectURL(url));
    });
    loading.catch(() => loaded.delete(digest));
    loaded.set(digest, loading);
  }
  return loaded.get(digest);
}

export default {
  async render(context) {
    const waiting = document.createTextNode("Loading the JAX Explorer …");
    context.el.append(waiting);
    try {
      const bundle = await load(context.model);
      waiting.remove();
      return bundle.default.render(context);
    } catch (error) {
      waiting.data = `The JAX Explorer could not be loaded: ${error.message}. Run the cell again.`;
    }
  },
};
