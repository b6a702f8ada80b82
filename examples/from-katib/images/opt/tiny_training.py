"""What stands for the training of Katib's images: logistic regression on two clouds of points.

Small enough for a second, and real: the step size and the momentum decide how far it gets.
"""
import math
import random


def clouds(count, seed):
    """Points (x, y) with their class; the clouds overlap, so no line parts them all."""
    draw = random.Random(seed)
    points = []
    for i in range(count):
        label = i % 2
        points.append((draw.gauss(label * 2.0, 1.0), draw.gauss(label * 1.5, 1.0), label))
    return points


def probability(weights, x, y):
    z = weights[0] * x + weights[1] * y + weights[2]
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def evaluate(weights, points):
    """Mean log loss and share of right answers."""
    loss = right = 0.0
    for x, y, label in points:
        p = min(max(probability(weights, x, y), 1e-9), 1.0 - 1e-9)
        loss -= math.log(p if label else 1.0 - p)
        right += (p > 0.5) == bool(label)
    return loss / len(points), right / len(points)


def train(lr, momentum, epochs, batch_size):
    """Yields (epoch, training loss, test loss, test accuracy) after each epoch."""
    training, test = clouds(400, seed=1), clouds(200, seed=2)
    weights, speed = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    for epoch in range(1, epochs + 1):
        for begin in range(0, len(training), batch_size):
            batch = training[begin:begin + batch_size]
            slope = [0.0, 0.0, 0.0]
            for x, y, label in batch:
                error = probability(weights, x, y) - label
                for i, value in enumerate((x, y, 1.0)):
                    slope[i] += error * value / len(batch)
            for i in range(3):
                speed[i] = momentum * speed[i] - lr * slope[i]
                weights[i] += speed[i]
        yield epoch, evaluate(weights, training)[0], *evaluate(weights, test)
