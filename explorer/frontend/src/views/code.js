/** A placeholder until this view is written. */
export function mount(host, el) {
  return () => el.replaceChildren();
}
