"""`python -m benchmarks.soak --minutes N`: calls come and go for a long time; does anything grow?"""
