"""The listener: takes push messages, proves them, keeps where to look again. It reads no shop and writes no stock."""
