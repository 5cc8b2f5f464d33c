// What is before the reader, in the address and in the tab's own store.

const SETTLE = 250 // ms until they follow
const ADDRESS = Object.entries({ w: "width", d: "depth", n: "chorales", seed: "seed", tau: "tau", chorale: "chorale" })
const KEPT = "glassy-playground"
const DYNAMICS = "glassy-playground-dynamics"

class Memory {
  // Where this tab left off, for an address that says nothing: the browser's way back loses what it said.
  read() {
    const said = new URLSearchParams(window.location.search)
    if (ADDRESS.some(([name]) => said.has(name))) return {}
    try {
      return JSON.parse(window.sessionStorage.getItem(KEPT)) ?? {}
    } catch {
      return {} // not what was kept there
    }
  }

  // Once nothing moves; the address shows this again to whoever is given it.
  keep(state, tau) {
    clearTimeout(this.settling)
    this.settling = setTimeout(() => {
      const address = new URL(window.location.href)
      if (!address.pathname.endsWith("/Playground")) return // the reader has just left
      const values = { ...state, tau: Number(tau.toPrecision(3)) }
      for (const [name, word] of ADDRESS) address.searchParams.set(name, values[word])
      address.searchParams.delete("run") // of the page that one comes back from
      if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address)
      window.sessionStorage.setItem(KEPT, JSON.stringify(state))
    }, SETTLE)
  }

  // How the reader trains networks.
  dynamics() {
    return window.sessionStorage.getItem(DYNAMICS) === "steps" ? "steps" : "flow"
  }

  keepDynamics(dynamics) {
    window.sessionStorage.setItem(DYNAMICS, dynamics)
  }

  remove() {
    clearTimeout(this.settling)
  }
}
