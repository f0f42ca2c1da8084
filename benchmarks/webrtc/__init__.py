"""Calls over WebRTC per core, beside stock aiortc and pipecat's transport: `python -m benchmarks.webrtc`."""
