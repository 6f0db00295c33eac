"""What may happen: pure rules over the log's history; a refusal or nothing."""
