// A component's live part, kept on its element: the module may be evaluated anew. update(live) tells it what is new.

const LIVE = Symbol.for("glassy.live")

function kept(root, Part, update) {
  const live = (root[LIVE] ??= new Part(root))
  update(live)
  return () => {
    live.remove()
    delete root[LIVE]
  }
}
