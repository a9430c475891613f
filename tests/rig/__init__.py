"""The fault rig: scripted servers and misbehaving clients the scenario tests put around Relais."""
