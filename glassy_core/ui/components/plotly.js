// Fetches plotly.min.js. Stands before the code of each component that needs it.

const LOADING = Symbol.for("glassy.plotly")

// One copy of plotly.js a page, however many figures there are.
function loadPlotly(url) {
  window[LOADING] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => {
      window[LOADING] = undefined
      reject(new Error("The plotting library did not load: reload the page."))
    }
    document.head.append(script)
  })
  return window[LOADING]
}
