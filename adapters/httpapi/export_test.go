package httpapi

// WithDefaults lets a test look at the defaults.
func WithDefaults(l StreamLimits) StreamLimits { return l.withDefaults() }
