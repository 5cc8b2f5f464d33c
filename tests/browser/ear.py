"""What is sent to the loudspeaker, heard by a page under test."""

# To be added as an initial script: from then on the page's sound goes through an analyser, too.
LISTENING = """(() => {
  const connect = AudioNode.prototype.connect
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      window.ear ??= Object.assign(this.context.createAnalyser(), { fftSize: 32768 })
      window.quickEar ??= Object.assign(this.context.createAnalyser(), { fftSize: 512 }) // of the last 12 ms alone
      connect.call(this, window.ear)
      connect.call(this, window.quickEar)
    }
    return connect.call(this, target, ...rest)
  }
})()"""
# (largest sample, root mean square) of the last 0.7 seconds.
HEARD = """() => {
  const samples = new Float32Array(window.ear?.fftSize ?? 1)
  window.ear?.getFloatTimeDomainData(samples)
  return [Math.max(...samples.map(Math.abs)), Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)]
}"""
# Seconds from the next click on the page to the first sound.
WAITED = """() => {
  window.waited = null
  addEventListener("click", ({ timeStamp }) => {
    const listen = () => {
      const samples = new Float32Array(512)
      window.quickEar?.getFloatTimeDomainData(samples)
      if (Math.max(...samples.map(Math.abs)) > 0.001) window.waited = (performance.now() - timeStamp) / 1000
      else setTimeout(listen, 2)
    }
    setTimeout(listen, 0)
  }, { capture: true, once: true })
}"""
